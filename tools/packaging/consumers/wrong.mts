// A program with a mistake, to see that the check would find one.
import { WebSocket } from "@openline/websocket";

export const state: string = new WebSocket("ws://127.0.0.1:1").readyState;
