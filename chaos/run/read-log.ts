import type { Logged, RoomLog } from "../checker/history.ts";
import type { Page } from "../server/control.ts";
import type { ServerHost } from "../server/server-host.ts";

const maxTries = 5;

/** All that history has of a room. */
export async function readLog(host: ServerHost, room: string): Promise<RoomLog> {
  const messages: Logged[] = [];
  let after = 0;
  while (true) {
    const page = await readPage(host, room, after);
    messages.push(...page.messages);
    const last = messages.at(-1)?.offset ?? after;
    if (page.messages.length === 0 || last <= after) {
      return { room, epoch: page.epoch, messages, headOffset: page.headOffset };
    }
    after = last;
  }
}

async function readPage(host: ServerHost, room: string, after: number): Promise<Page> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await host.history(room, after);
    } catch (error) {
      if (tries === maxTries) throw error;
    }
  }
}
