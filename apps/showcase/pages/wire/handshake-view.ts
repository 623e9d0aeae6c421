import { byId, element } from "../site/element.ts";
import { acceptSteps, fieldOf } from "./accept.ts";

/** What a field is for, for those who see it the first time. */
const notes: Readonly<Record<string, string>> = {
  upgrade: "asks to leave HTTP for WebSocket",
  connection: "for this hop: a proxy must not pass it on unread",
  "sec-websocket-key": "16 random bytes in base64; not a secret, but a question",
  "sec-websocket-version": "RFC 6455 is version 13",
  "sec-websocket-extensions": "permessage-deflate: compression, if both want it",
  "sec-websocket-accept": "the answer to the key, see below",
  "sec-websocket-protocol": "what the application speaks",
  origin: "the page that asks; servers must look at it, as CORS does not apply here",
  host: "whom it asks",
  cookie: "sent along as with every request: why the origin matters",
  "user-agent": "who asks",
};

const startNotes: Readonly<Record<string, string>> = {
  GET: "an ordinary request so far",
  "HTTP/1.1": "Switching Protocols: from the next byte on there are frames",
};

/** Shows the lines of the handshake, and how the accept value comes about. */
export class HandshakeView {
  private key: string | undefined;

  showRequest(lines: readonly string[]): void {
    this.key = fieldOf(lines, "sec-websocket-key");
    show(byId("request", HTMLOListElement), lines);
    byId("response", HTMLOListElement).replaceChildren();
    byId("accept-verdict", HTMLElement).textContent = "";
  }

  async showResponse(lines: readonly string[]): Promise<void> {
    show(byId("response", HTMLOListElement), lines);
    const { key } = this;
    const answered = fieldOf(lines, "sec-websocket-accept");
    if (key === undefined || answered === undefined) return;
    const verdict = byId("accept-verdict", HTMLElement);
    put("accept-key", key);
    if (!("subtle" in crypto)) {
      verdict.textContent = "Your browser computes hashes on https:// and localhost only.";
      return;
    }
    const steps = await acceptSteps(key);
    put("accept-joined", steps.joined);
    put("accept-hash", steps.hash);
    put("accept-value", steps.accept);
    const isRight = steps.accept === answered;
    verdict.dataset.verdict = isRight ? "right" : "wrong";
    verdict.textContent = isRight
      ? "It is what the server answered: the line is open."
      : `The server answered ${answered}: this would be no WebSocket.`;
  }
}

function put(id: string, text: string): void {
  byId(id, HTMLElement).textContent = text;
}

function show(list: HTMLOListElement, lines: readonly string[]): void {
  list.replaceChildren(...lines.map((line, at) => (at === 0 ? startLine(line) : field(line))));
}

function startLine(line: string): HTMLElement {
  const note = startNotes[line.split(" ", 1)[0] ?? ""];
  return lineOf(note, element("strong", {}, line));
}

function field(line: string): HTMLElement {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  const note = notes[name.toLowerCase()];
  return lineOf(
    note,
    element("span", { class: "field-name" }, `${name}:`),
    ` ${line.slice(colon + 1).trim()}`,
  );
}

function lineOf(note: string | undefined, ...content: (Node | string)[]): HTMLElement {
  const line = element("li", { class: note === undefined ? "line" : "line line-known" });
  line.append(element("code", {}, ...content));
  if (note !== undefined) line.append(element("small", {}, note));
  return line;
}
