import {
  type ChatErrorCode,
  type ClientMessage,
  chatLimits,
  type RoomName,
  roomNames,
} from "../../protocol/chat.ts";

/** What was wrong with a message from a page. */
export interface Refused {
  readonly code: ChatErrorCode;
  /** The field that is to blame, if one is. */
  readonly field?: string;
  /** The id of the refused text message, where it could be read. */
  readonly id?: string;
}

export type Parsed =
  | { readonly message: ClientMessage; readonly refused?: never }
  | { readonly message?: never; readonly refused: Refused };

type Fields = Readonly<Record<string, unknown>>;

/** Reads one message of a page: only what is named here gets in, in the form named here. */
export function parseClientMessage(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse("NOT_JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("NOT_JSON");
  }
  const fields = value as Fields; // an object, as was just seen
  switch (fields.type) {
    case "hello":
      return parseHello(fields);
    case "rename": {
      const name = cleanName(fields.name);
      return name === undefined
        ? refuse("BAD_NAME", "name")
        : { message: { type: "rename", name } };
    }
    case "join":
      return parseJoin(fields);
    case "send":
      return parseSend(fields);
    case "typing":
      if (typeof fields.isTyping !== "boolean") return refuse("BAD_FIELD", "isTyping");
      return { message: { type: "typing", isTyping: fields.isTyping } };
    case "probe":
    case "cut":
      return { message: { type: fields.type } };
    default:
      return refuse("UNKNOWN_TYPE", "type");
  }
}

function parseHello(fields: Fields): Parsed {
  const { session } = fields;
  if (!isId(session)) return refuse("BAD_FIELD", "session");
  const name = cleanName(fields.name);
  if (name === undefined) return refuse("BAD_NAME", "name");
  return { message: { type: "hello", session, name } };
}

function parseJoin(fields: Fields): Parsed {
  const { room, epoch, after } = fields;
  if (!isRoom(room)) return refuse("UNKNOWN_ROOM", "room");
  if (epoch === undefined && after === undefined) return { message: { type: "join", room } };
  if (!isId(epoch)) return refuse("BAD_FIELD", "epoch");
  if (typeof after !== "number" || !Number.isSafeInteger(after) || after < 0) {
    return refuse("BAD_FIELD", "after");
  }
  return { message: { type: "join", room, epoch, after } };
}

function parseSend(fields: Fields): Parsed {
  const { room, id } = fields;
  if (!isId(id)) return refuse("BAD_FIELD", "id");
  if (!isRoom(room)) return refuse("UNKNOWN_ROOM", "room", id);
  if (typeof fields.text !== "string") return refuse("BAD_FIELD", "text", id);
  if (fields.text.length > chatLimits.textLength) return refuse("TEXT_TOO_LONG", "text", id);
  const text = cleanText(fields.text);
  if (text === "") return refuse("EMPTY_TEXT", "text", id);
  return { message: { type: "send", room, id, text } };
}

function isRoom(value: unknown): value is RoomName {
  return roomNames.some((name) => name === value);
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]+$/.test(value) && value.length <= chatLimits.idLength;
}

/**
 * A name without what cannot be seen (controls, direction marks, lone surrogates), so that no
 * two names look the same and none turns the line around. Undefined if nothing fit remains.
 */
function cleanName(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 4 * chatLimits.nameLength) return undefined;
  const name = value
    .normalize("NFKC")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\p{C}\u115f\u1160\u3164\u2800]/gu, "")
    .trim();
  return name === "" || name.length > chatLimits.nameLength ? undefined : name;
}

/** A text without controls (line breaks and tabs may stay) and without space around it. */
function cleanText(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/(?![\n\t])[\p{Cc}\u202a-\u202e]/gu, "")
    .trim();
}

function refuse(code: ChatErrorCode, field?: string, id?: string): Parsed {
  return {
    refused: {
      code,
      ...(field === undefined ? {} : { field }),
      ...(id === undefined ? {} : { id }),
    },
  };
}
