/** The contract of the chat, which the server holds everybody to; pages import its types alone. */
import { defineContract } from "@openline/protocol/contract";
import { z } from "zod";
import { chatLimits, roomNames } from "./chat.ts";

const author = z.object({
  /** Public and stable. */
  id: z.string().max(32),
  name: z.string().max(chatLimits.nameLength),
  /** It is a program that talks to keep you company. */
  isBot: z.boolean().optional(),
});

export type Author = z.infer<typeof author>;

/** Somebody who looks at a room. */
const person = author.extend({
  /** How many windows of theirs do; 0 for who is away. */
  windows: z.number(),
  /** Since when the last of their lines is lost, for so long on the server's clock; null while one is there. */
  awayForMs: z.number().nullable(),
});

export type Person = z.infer<typeof person>;

const peopleChange = z.object({
  kind: z.enum(["joined", "left", "renamed"]),
  person: author,
  /** With "renamed": the name before. */
  formerName: z.string().optional(),
});

export type PeopleChange = z.infer<typeof peopleChange>;

const people = z.object({
  room: z.enum(roomNames),
  people: z.array(person),
  /** All of them, also those who are not listed. */
  count: z.number(),
  /** What has changed, if that is news. */
  change: peopleChange.nullable(),
});

export type People = z.infer<typeof people>;

/** What each side may say: checked by the server, and known to the compiler on both sides. */
export const chatContract = defineContract({
  clientToServer: {
    /** Answered with the name that one has now. */
    rename: { args: z.string(), ack: author },
    /** Asks the server to cut this very connection, without a goodbye. */
    cut: [],
  },
  serverToClient: {
    /** First of all on each connection. */
    you: author,
    people,
  },
  rooms: {
    "chat:*": {
      message: z.object({
        text: z
          .string()
          .max(chatLimits.textLength)
          .refine((text) => text.trim() !== "", "is empty"),
        /** Written by the server, whatever a client puts here. */
        author: author.optional(),
      }),
    },
    "live:*": {
      typing: z.object({ isTyping: z.boolean(), author: author.optional() }),
    },
  },
});

export type ChatContract = typeof chatContract;
