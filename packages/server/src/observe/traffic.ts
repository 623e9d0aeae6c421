/**
 * What has gone through a server's connections: packets of Engine.IO, heartbeats included. Sizes are those of
 * the payloads, in bytes of binaries and characters of texts.
 */
export class Traffic {
  receivedMessages = 0;
  receivedBytes = 0;
  sentMessages = 0;
  sentBytes = 0;
  /** Left out for clients that were too far behind. */
  droppedMessages = 0;
  droppedBytes = 0;
}
