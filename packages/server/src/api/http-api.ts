import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest, checkRoom, readMessage } from "../delivery/messages-asked.ts";
import type { Published } from "../delivery/publishing.ts";
import type { History, HistoryQuery } from "../delivery/room-reader.ts";
import { type Code, codes } from "../guard/codes.ts";
import { limits } from "../guard/limits.ts";
import type { Logger } from "../guard/logger.ts";
import { readBody } from "../http/body.ts";
import { report } from "../observe/report.ts";
import { DeliveryError, type Refusal } from "../rooms/delivery-error.ts";
import { ApiKeys } from "./api-keys.ts";

/** What the option `httpApi` takes. */
export interface HttpApiOptions {
  /** Whoever bears one of these may publish and read everywhere. At least 16 characters each. */
  readonly keys: readonly string[];
  /** Default "/openline/v1". */
  readonly path?: string | undefined;
  /** Of a request, in bytes. Default 1,048,576. */
  readonly maxBodyBytes?: number | undefined;
  /** Messages that are published by one request. Default 1,000. */
  readonly maxBatch?: number | undefined;
}

export const httpApiDefaults = {
  path: "/openline/v1",
  maxBodyBytes: 1_048_576,
  maxBatch: 1_000,
} as const;

/** A namespace, as the API sees it. */
export interface ApiNamespace {
  /** What is to be logged of a message; throws or rejects if it is not as a contract has it. */
  admit(room: string, data: Message): Promise<Message> | Message;
  /** Publishes what was admitted. */
  write(room: string, data: Message, id: string | null): Promise<Published>;
  history(room: string, query: HistoryQuery): Promise<History>;
}

/** What the API needs of the server. */
export interface ApiHost {
  /** Whether the page that asks may: what has no origin is no page. */
  checkOrigin(request: IncomingMessage, decided: (isAllowed: boolean) => void): void;
  /** Undefined if there is no such namespace; null if none of its rooms has a rule. */
  find(namespace: string): ApiNamespace | null | undefined;
  /** Where refusals are written; null: nowhere. */
  readonly logger: Logger | null;
  reportError(error: unknown): void;
}

type Message = readonly [string, ...unknown[]];
type Fields = Readonly<Record<string, unknown>>;

/** An answer that is an error. */
class ApiError extends Error {
  readonly status: number;
  readonly refusal: Refusal;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.refusal = { code, message };
    this.headers = headers;
  }
}

const description = new URL("../../openapi.json", import.meta.url);

/** Publishing, and reading history, for back ends in any language. */
export class HttpApi {
  private readonly keys: ApiKeys;
  private readonly path: string;
  private readonly maxBodyBytes: number;
  private readonly maxBatch: number;
  private readonly host: ApiHost;

  /** @throws TypeError or RangeError that names the option and what it accepts */
  constructor(options: HttpApiOptions, host: ApiHost) {
    this.keys = new ApiKeys(options.keys);
    this.path = (options.path ?? httpApiDefaults.path).replace(/\/$/, "");
    this.maxBodyBytes = options.maxBodyBytes ?? httpApiDefaults.maxBodyBytes;
    this.maxBatch = options.maxBatch ?? httpApiDefaults.maxBatch;
    this.host = host;
  }

  /** Whether a request is for it. */
  isFor({ url = "" }: IncomingMessage): boolean {
    return url.startsWith(`${this.path}/`);
  }

  /** Answers a request. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    this.host.checkOrigin(request, (isAllowed) => {
      const answered = isAllowed ? this.answer(request) : Promise.reject(foreign());
      answered.then(
        (body) => send(response, 200, body),
        (error: unknown) => this.refuse(request, response, error),
      );
    });
  }

  private async answer(request: IncomingMessage): Promise<unknown> {
    if (!this.keys.admit(request)) {
      throw new ApiError(
        401,
        "OPENLINE_UNAUTHORIZED",
        "Send a key of the server's: `Authorization: Bearer <key>`",
        { "WWW-Authenticate": "Bearer" },
      );
    }
    const url = new URL(request.url ?? "", "http://localhost");
    switch (url.pathname.slice(this.path.length)) {
      case "/publish":
        only(request, "POST");
        return this.publish(await this.body(request), idempotencyKey(request));
      case "/history":
        only(request, "GET");
        return this.history(url.searchParams);
      case "/openapi.json":
        only(request, "GET");
        return JSON.parse(await readFile(description, "utf8")) as unknown;
      default:
        throw new ApiError(
          404,
          "OPENLINE_UNKNOWN_PATH",
          `There are ${this.path}/publish, ${this.path}/history and ${this.path}/openapi.json`,
        );
    }
  }

  private async publish(fields: Fields, key: string | undefined): Promise<unknown> {
    const { messages } = fields;
    if (messages === undefined) {
      return this.publishOne({ ...fields, ...(key !== undefined && { id: key }) });
    }
    if (!Array.isArray(messages) || messages.length === 0 || messages.length > this.maxBatch) {
      badRequest(`\`messages\` takes a list of 1 to ${this.maxBatch} messages`);
    }
    const admitted = await Promise.allSettled(
      messages.map((message: unknown, index) => this.admit(batched(fields, message, key, index))),
    );
    // In their order, and stored together, however long each was looked at.
    const results = admitted.map((each) =>
      each.status === "fulfilled"
        ? each.value().catch((error: unknown) => refusalOf(error))
        : refusalOf(each.reason),
    );
    return { results: await Promise.all(results) };
  }

  private async publishOne(fields: Fields): Promise<Published> {
    const write = await this.admit(fields);
    return write();
  }

  /** Looks at a message; what is returned publishes it. */
  private async admit(fields: Fields): Promise<() => Promise<Published>> {
    const namespace = this.namespace(fields.namespace);
    const room = checkRoom(fields.room);
    const { data, id } = readMessage(fields);
    const admitted = await namespace.admit(room, data);
    return () => namespace.write(room, admitted, id);
  }

  private history(query: URLSearchParams): Promise<History> {
    const namespace = this.namespace(query.get("namespace") ?? undefined);
    const room = checkRoom(query.get("room"));
    const after = numberIn(query, "after");
    const epoch = query.get("epoch");
    return namespace.history(room, {
      after: after !== undefined && epoch !== null ? { epoch, offset: after } : after,
      before: numberIn(query, "before"),
      limit: numberIn(query, "limit"),
    });
  }

  private namespace(name: unknown = "/"): ApiNamespace {
    if (typeof name !== "string") badRequest("`namespace` takes a name such as `/chat`");
    const found = this.host.find(name);
    if (found === undefined) {
      throw new ApiError(404, "OPENLINE_UNKNOWN_NAMESPACE", `There is no namespace "${name}"`);
    }
    if (found === null) {
      throw new DeliveryError(
        "OPENLINE_NOT_DURABLE",
        `No room of the namespace "${name}" has a rule: say rooms(pattern, { … }) in the server`,
      );
    }
    return found;
  }

  private body(request: IncomingMessage): Promise<Fields> {
    const { promise, resolve, reject } = settle<Fields>();
    const type = request.headers["content-type"] ?? "";
    if (!/^application\/json\b/i.test(type)) {
      reject(new ApiError(415, "OPENLINE_BAD_REQUEST", "Send application/json"));
      return promise;
    }
    readBody(
      request,
      { maxBytes: this.maxBodyBytes, timeoutMs: BODY_TIMEOUT_MS },
      {
        done: (body) => {
          try {
            resolve(fieldsOf(JSON.parse(body.toString())));
          } catch (error) {
            const message = "The body is not a JSON object";
            reject(error instanceof DeliveryError ? error : new ApiError(400, BAD, message));
          }
        },
        tooLong: () => {
          const message = `A body has at most ${this.maxBodyBytes} bytes: send fewer at once`;
          reject(new ApiError(413, "OPENLINE_TOO_LARGE", message, { Connection: "close" }));
        },
        tooLate: () => {
          const { message } = codes.OPENLINE_MESSAGE_TIMEOUT;
          reject(new ApiError(408, "OPENLINE_MESSAGE_TIMEOUT", message, { Connection: "close" }));
        },
        aborted: () => reject(new ApiError(400, BAD, "The request was cut off")),
      },
    );
    return promise;
  }

  private refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { code, message } = refusalOf(error);
    const address = request.socket?.remoteAddress;
    report("refused", this.host.logger, () => ({ what: "http", code, message, address }));
    // What was not read must not be taken for the next request.
    if (!request.complete) response.setHeader("Connection", "close");
    if (error instanceof ApiError) {
      for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
      send(response, error.status, error.refusal);
      return;
    }
    if (!(error instanceof DeliveryError)) this.host.reportError(error);
    const refusal = refusalOf(error);
    const { retryAfterMs } = refusal;
    if (retryAfterMs !== undefined) {
      response.setHeader("Retry-After", String(Math.ceil(retryAfterMs / 1_000)));
    }
    const status = error instanceof DeliveryError ? statusOf(error.code) : 500;
    send(response, status, refusal);
  }
}

const BODY_TIMEOUT_MS = limits.message.default;
const BAD = "OPENLINE_BAD_REQUEST";

function foreign(): ApiError {
  const { message } = codes.OPENLINE_ORIGIN;
  return new ApiError(403, "OPENLINE_ORIGIN", message);
}

function statusOf(code: string): number {
  return (Object.hasOwn(codes, code) ? codes[code as Code].status : null) ?? 400;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof DeliveryError) return error.toRefusal();
  if (error instanceof ApiError) return error.refusal;
  return {
    code: "OPENLINE_UNKNOWN_OUTCOME",
    message: "It may have been published or not: publish it again, with the same id",
  };
}

/** A message of a batch: what holds for all, what is its own, and an id from the request's key. */
function batched(all: Fields, message: unknown, key: string | undefined, index: number): Fields {
  const { messages: _messages, id: _id, ...common } = all;
  const own = fieldsOf(message);
  const id = own.id ?? (key === undefined ? undefined : `${key}/${index}`);
  return { ...common, ...own, ...(id !== undefined && { id }) };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  return badRequest("A message is an object such as { room, event, data, id }");
}

/** The header field `Idempotency-Key`. */
function idempotencyKey({ headers }: IncomingMessage): string | undefined {
  const key = headers["idempotency-key"];
  return typeof key === "string" ? key : undefined;
}

function only(request: IncomingMessage, method: string): void {
  if (request.method === method) return;
  throw new ApiError(405, BAD, `Use ${method}`, { Allow: method });
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  // NaN is refused by the reader, by its name.
  return text === null ? undefined : /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
  });
  response.end(text);
}

function settle<Value>(): {
  promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
} {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((...functions) => {
    [resolve, reject] = functions;
  });
  return { promise, resolve, reject };
}
