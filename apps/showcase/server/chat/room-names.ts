import { type RoomName, roomNames } from "../../protocol/chat.ts";

/** Which room of the chat a room of the server belongs to; undefined if it is none of that kind. */
export function roomOf(room: string, prefix: "chat:" | "live:"): RoomName | undefined {
  if (!room.startsWith(prefix)) return undefined;
  const name = room.slice(prefix.length);
  return roomNames.find((each) => each === name);
}
