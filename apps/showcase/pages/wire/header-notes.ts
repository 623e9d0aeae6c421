/** What a line of the handshake is for, for those who see it the first time. */
export interface HeaderNote {
  readonly text: string;
  /** WebSocket stands or falls with it; everything else is there with any request. */
  readonly isEssential: boolean;
}

const requestNotes: Readonly<Record<string, string>> = {
  connection: "“Upgrade is meant for the next hop”: a proxy must not just pass it on",
  upgrade: "asks to leave HTTP for WebSocket, on this same TCP connection",
  "sec-websocket-key":
    "16 random bytes in base64. No secret: a question that only a WebSocket server answers",
  "sec-websocket-version": "RFC 6455 is version 13",
  "sec-websocket-extensions": "what the browser can do; permessage-deflate is compression",
  "sec-websocket-protocol": "what the two shall speak inside the frames",
  origin: "the page that asks. CORS does not apply here: the server itself must look",
};

const responseNotes: Readonly<Record<string, string>> = {
  connection: "as asked, for this hop",
  upgrade: "HTTP ends here",
  "sec-websocket-accept": "the answer to the key, computed below",
  "sec-websocket-extensions": "what of the offer is taken; without it nothing is compressed",
  "sec-websocket-protocol": "which of the offered ones is spoken",
};

const ordinaryNotes: Readonly<Record<string, string>> = {
  host: "whom it asks",
  pragma: "no answer from a cache",
  "cache-control": "no answer from a cache",
  "user-agent": "which browser",
  "accept-encoding": "of HTTP answers; frames do not care",
  "accept-language": "what the reader speaks",
  cookie: "sent along as always: why the origin matters",
};

/** The note for the first line of a request or an answer. */
export function startLineNote(line: string): HeaderNote {
  const isRequest = !line.startsWith("HTTP/");
  const text = isRequest
    ? "an ordinary GET so far; the path says which endpoint"
    : "Switching Protocols: from the next byte on there are frames";
  return { text, isEssential: true };
}

/** The note for a field, by its name in any case; undefined for one that nobody told us of. */
export function fieldNote(name: string, side: "request" | "response"): HeaderNote | undefined {
  const key = name.toLowerCase();
  const essential = (side === "request" ? requestNotes : responseNotes)[key];
  if (essential !== undefined) return { text: essential, isEssential: true };
  const text = ordinaryNotes[key];
  return text === undefined ? undefined : { text, isEssential: false };
}
