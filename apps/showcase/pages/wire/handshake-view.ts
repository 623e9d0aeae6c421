import { byId, element } from "../site/element.ts";
import { acceptSteps, fieldOf, guid } from "./accept.ts";
import { fieldNote, type HeaderNote, startLineNote } from "./header-notes.ts";

type HandshakeSide = "request" | "response";

/** Fields whose values are followed through the page, with the colour that they have there. */
const followed: Readonly<Record<string, string>> = {
  "sec-websocket-key": "key",
  "sec-websocket-accept": "accept",
};

/** Shows the lines of the handshake, and how the accept value comes about. */
export class HandshakeView {
  private key: string | undefined;
  private connection = 0;

  showRequest(connection: number, lines: readonly string[]): void {
    this.connection = connection;
    this.key = fieldOf(lines, "sec-websocket-key");
    show("request", lines);
    byId("response", HTMLOListElement).replaceChildren();
    for (const id of ["accept-key", "accept-joined", "accept-hash", "accept-value"]) put(id, "–");
    setVerdict("waiting", "The server has not answered yet.");
  }

  async showResponse(connection: number, lines: readonly string[]): Promise<void> {
    if (connection !== this.connection) return;
    show("response", lines);
    const { key } = this;
    const answered = fieldOf(lines, "sec-websocket-accept");
    if (key === undefined || answered === undefined) {
      setVerdict("wrong", "The server did not take it: no frames will follow.");
      return;
    }
    put("accept-key", key);
    if (!("subtle" in crypto)) {
      const where = "browsers compute hashes on https:// pages and on localhost alone";
      setVerdict("waiting", `The server answered ${answered}; ${where}.`);
      return;
    }
    const steps = await acceptSteps(key);
    if (connection !== this.connection) return;
    byId("accept-joined", HTMLElement).replaceChildren(mark("key", key), mark("guid", guid));
    put("accept-hash", steps.hash);
    put("accept-value", steps.accept);
    if (steps.accept === answered) {
      setVerdict("right", "The same as the server’s answer: the handshake holds.");
    } else {
      setVerdict("wrong", `The server answered ${answered}: a browser hangs up here.`);
    }
  }
}

function setVerdict(verdict: "waiting" | "right" | "wrong", text: string): void {
  const shown = byId("accept-verdict", HTMLElement);
  shown.dataset.verdict = verdict;
  shown.textContent = text;
}

function put(id: string, text: string): void {
  byId(id, HTMLElement).textContent = text;
}

function show(side: HandshakeSide, lines: readonly string[]): void {
  const [start = "", ...fields] = lines;
  byId(side, HTMLOListElement).replaceChildren(
    lineOf(startLineNote(start), element("strong", {}, start)),
    ...fields.map((line) => fieldLine(side, line)),
  );
}

function fieldLine(side: HandshakeSide, line: string): HTMLElement {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1).trim();
  const colour = followed[name.toLowerCase()];
  return lineOf(
    fieldNote(name, side),
    element("span", { class: "field-name" }, `${name}:`),
    " ",
    colour === undefined ? value : mark(colour, value),
  );
}

function mark(colour: string, text: string): HTMLElement {
  return element("span", { class: "followed", "data-colour": colour }, text);
}

function lineOf(note: HeaderNote | undefined, ...content: (Node | string)[]): HTMLElement {
  const weight = note?.isEssential === true ? "essential" : "ordinary";
  const line = element("li", { class: "line", "data-weight": weight });
  line.append(element("code", {}, ...content));
  if (note !== undefined) line.append(element("small", {}, note.text));
  return line;
}
