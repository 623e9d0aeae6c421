import { beforeEach, describe, expect, test } from "vitest";
import { chatLimits, type ServerMessage } from "../../protocol/chat.ts";
import { Chat, type ChatWorld, departureGraceMs, type Line } from "./chat.ts";

/** A world whose clock moves only when it is told to. */
class TestWorld implements ChatWorld {
  now = 0;
  readonly lines = new Set<TestLine>();
  private timers: { atMs: number; work: () => void }[] = [];
  private epochs = 0;

  publish(topic: string, message: ServerMessage, except?: Line): void {
    for (const line of this.lines) {
      if (line !== except && line.topics.has(topic)) line.send(message);
    }
  }

  nowMs(): number {
    return this.now;
  }

  makeEpoch(): string {
    this.epochs += 1;
    return `epoch-${this.epochs}`;
  }

  publicId(secret: string): string {
    return `public-${secret}`;
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { atMs: this.now + delayMs, work };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.timers.filter((timer) => timer.atMs <= this.now);
    this.timers = this.timers.filter((timer) => timer.atMs > this.now);
    for (const { work } of due) work();
  }
}

class TestLine implements Line {
  readonly got: ServerMessage[] = [];
  readonly topics = new Set<string>();
  end: "open" | "replaced" | "cut" = "open";

  send(message: ServerMessage): void {
    this.got.push(message);
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  replace(): void {
    this.end = "replaced";
  }

  cut(): void {
    this.end = "cut";
  }

  all<Type extends ServerMessage["type"]>(type: Type): Extract<ServerMessage, { type: Type }>[] {
    return this.got.filter(
      (message): message is Extract<ServerMessage, { type: Type }> => message.type === type,
    );
  }

  last<Type extends ServerMessage["type"]>(type: Type): Extract<ServerMessage, { type: Type }> {
    const found = this.all(type).at(-1);
    if (found === undefined) throw new Error(`nothing of type ${type} came`);
    return found;
  }
}

let world: TestWorld;
let chat: Chat;

beforeEach(() => {
  world = new TestWorld();
  chat = new Chat(world);
});

function connect(session: string, name = session): TestLine {
  const line = new TestLine();
  world.lines.add(line);
  chat.receive(line, { type: "hello", session, name });
  chat.receive(line, { type: "join", room: "general" });
  return line;
}

function lose(line: TestLine): void {
  world.lines.delete(line);
  chat.lost(line);
}

function write(line: TestLine, id: string, text = id): void {
  chat.receive(line, { type: "send", room: "general", id, text });
}

describe("the chat", () => {
  test("wants a hello first, and one only", () => {
    const line = new TestLine();
    chat.receive(line, { type: "join", room: "general" });
    expect(line.last("error").code).toBe("HELLO_FIRST");
    const ada = connect("ada");
    chat.receive(ada, { type: "hello", session: "ada", name: "Ada" });
    expect(ada.last("error").code).toBe("HELLO_TWICE");
  });

  test("numbers the messages of a room, and tells the others", () => {
    const [ada, ben] = [connect("ada"), connect("ben")];
    write(ada, "a1");
    write(ben, "b1");
    expect(ada.last("accepted").message.seq).toBe(1);
    expect(ben.last("message").message).toMatchObject({ seq: 1, text: "a1" });
    expect(ada.last("message").message).toMatchObject({ seq: 2, text: "b1" });
    expect(ada.all("message")).toHaveLength(1);
  });

  test("takes a message once, and acknowledges it however often it comes", () => {
    const [ada, ben] = [connect("ada"), connect("ben")];
    write(ada, "a1");
    lose(ada);
    const back = connect("ada");
    write(back, "a1");
    expect(back.last("accepted").message.seq).toBe(1);
    expect(ben.all("message")).toHaveLength(1);
  });

  test("gives those who come back what they missed, no more", () => {
    const [ada, ben] = [connect("ada"), connect("ben")];
    for (const id of ["a1", "a2", "a3"]) write(ada, id);
    const { epoch } = ben.last("joined");
    chat.receive(ben, { type: "join", room: "general", epoch, after: 1 });
    expect(ben.last("joined").messages.map((message) => message.seq)).toEqual([2, 3]);
    chat.receive(ben, { type: "join", room: "general", epoch: "another", after: 1 });
    expect(ben.last("joined").messages.map((message) => message.seq)).toEqual([1, 2, 3]);
  });

  test("keeps the last messages, and says when some in between are gone", () => {
    const ada = connect("ada");
    const { epoch } = ada.last("joined");
    for (let at = 1; at <= chatLimits.historyMessages + 5; at += 1) {
      write(ada, `a${at}`);
      world.pass(1_000);
    }
    chat.receive(ada, { type: "join", room: "general", epoch, after: 4 });
    expect(ada.last("joined").hasGap).toBe(true);
    chat.receive(ada, { type: "join", room: "general", epoch, after: 5 });
    expect(ada.last("joined")).toMatchObject({ hasGap: false });
    expect(ada.last("joined").messages).toHaveLength(chatLimits.historyMessages);
    expect(ada.last("joined").messages[0]?.seq).toBe(6);
  });

  test("says that somebody left only when they do not come back", () => {
    const [ada, ben] = [connect("ada"), connect("ben")];
    lose(ben);
    expect(ada.last("presence").change).toBe("lost");
    world.pass(departureGraceMs - 1);
    const back = connect("ben");
    expect(ada.last("presence").change).toBe("returned");
    world.pass(departureGraceMs);
    expect(ada.last("presence").change).toBe("returned");
    lose(back);
    world.pass(departureGraceMs);
    expect(ada.last("presence")).toMatchObject({ change: "departed", person: { name: "ben" } });
  });

  test("replaces the older line of one session, whose end is then no news", () => {
    const ada = connect("ada");
    const [first, second] = [connect("ben"), connect("ben")];
    expect(first.end).toBe("replaced");
    lose(first);
    expect(ada.last("presence").change).toBe("arrived");
    write(second, "b1");
    expect(ada.last("message").message.text).toBe("b1");
  });

  test("gives two people of one name two names", () => {
    connect("one", "Ada");
    const other = connect("two", "ada");
    expect(other.last("welcome").you.name).toBe("ada 2");
    const long = "a".repeat(chatLimits.nameLength);
    connect("three", long);
    const name = connect("four", long).last("welcome").you.name;
    expect(name.endsWith("a 2")).toBe(true);
    expect(name).toHaveLength(chatLimits.nameLength);
  });

  test("slows down who writes too fast, says when to go on, and takes the message then", () => {
    const ada = connect("ada");
    for (let at = 0; at < chatLimits.burstMessages; at += 1) write(ada, `a${at}`);
    write(ada, "more");
    const error = ada.last("error");
    expect(error).toMatchObject({ code: "RATE_LIMITED", id: "more" });
    world.pass(error.retryAfterMs ?? 0);
    write(ada, "more");
    expect(ada.last("accepted").message.id).toBe("more");
  });

  test("slows down everything else, too", () => {
    const ada = connect("ada");
    for (let at = 0; at <= chatLimits.burstRequests; at += 1) {
      chat.receive(ada, { type: "typing", isTyping: true });
    }
    expect(ada.last("error").code).toBe("RATE_LIMITED");
  });

  test("tells those in other rooms that there is news, and nothing more", () => {
    const [ada, ben] = [connect("ada"), connect("ben")];
    chat.receive(ben, { type: "join", room: "help" });
    expect(ada.last("presence")).toMatchObject({ change: "departed", person: { name: "ben" } });
    write(ada, "a1");
    expect(ben.last("activity")).toMatchObject({ room: "general", seq: 1 });
    expect(ben.all("message")).toHaveLength(0);
  });

  test("cuts the line on request", () => {
    const ada = connect("ada");
    chat.receive(ada, { type: "cut" });
    expect(ada.end).toBe("cut");
  });
});
