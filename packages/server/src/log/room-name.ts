/** A key for something of a room: names of rooms may hold any character. */
export function roomKey(room: string, name: string): string {
  return `${room.length}:${room}${name}`;
}
