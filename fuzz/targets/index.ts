import type { Target } from "../engine/target.ts";
import { clientStream } from "./client-stream.ts";
import { deflateAnswers, deflateOffers } from "./deflate-negotiation.ts";
import { deflateStream } from "./deflate-stream.ts";
import { enginePayloads } from "./engine-payloads.ts";
import { extensions, subprotocols } from "./extensions.ts";
import { frameHeader } from "./frame-header.ts";
import { clientFrames, closePayloads, serverFrames } from "./frames.ts";
import { requests, responses } from "./handshakes.ts";
import { httpEndpoints } from "./http-endpoints.ts";
import { msgpackPackets } from "./msgpack-packets.ts";
import { origins } from "./origin.ts";
import { serverSocket } from "./server-socket.ts";
import { socketPackets } from "./socket-packets.ts";
import { targetUrls } from "./url.ts";
import { utf8 } from "./utf8.ts";

/** Every target, the pure ones first. */
export const targets: readonly Target[] = [
  requests,
  responses,
  extensions,
  subprotocols,
  deflateOffers,
  deflateAnswers,
  origins,
  utf8,
  frameHeader,
  serverFrames,
  clientFrames,
  closePayloads,
  enginePayloads,
  socketPackets,
  msgpackPackets,
  targetUrls,
  deflateStream,
  clientStream,
  serverSocket,
  httpEndpoints,
];
