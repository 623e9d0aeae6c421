/**
 * What chat pages, simulated people and the chat server say to each other.
 *
 * A room of the chat is two rooms of the server: `chat:general` is durable and holds the messages;
 * `live:general` is ephemeral: who is in it is who looks at the room, and it carries who types.
 */

export const roomNames = ["general", "random", "help"] as const;

export type RoomName = (typeof roomNames)[number];

/** Every limit of the chat. Lengths are in UTF-16 units, as JavaScript counts. */
export const chatLimits = {
  nameLength: 24,
  textLength: 2_000,
  /** Length of the secret by which a browser is known again. */
  secretLength: 64,
  /** Messages of a room that are kept. */
  historyMessages: 10_000,
  /** Publishes that one page may make at once, and each second after that. */
  burstPublishes: 400,
  publishesPerSecond: 50,
  connections: 1_000,
  /** People who are named in a list; beyond it they are only counted. */
  peopleListed: 200,
} as const;

/** How long a page shows that somebody types after the last word of it. */
export const typingExpiresMs = 4_000;

/** How often a page repeats that its user types. */
export const typingRepeatsMs = 2_000;

/** How many messages a page reads at once: when it comes, and each time it scrolls back. */
export const pageSize = 50;

/** What a client sends with its CONNECT. */
export interface ChatAuth {
  /** A random text of 32 to 64 characters that its browser keeps: the same one comes back as the same person. */
  readonly secret: string;
  readonly name: string;
}
