import { type Client, createClient } from "@openline/client/channels";
import type { ChatContract, People } from "../../protocol/chat-contract.ts";

/** One simulated person in #general: a program with the same client as the pages have. */
export class Companion {
  private readonly client: Client<ChatContract>;
  private readonly chat;
  private readonly live;
  /** Whether somebody who is no program looks on. */
  hasVisitors = false;

  constructor(url: string, secret: string, name: string) {
    this.client = createClient<ChatContract>(url, {
      auth: { secret, name },
      transports: ["websocket"],
      reconnectionDelayMax: 2_000,
    });
    this.chat = this.client.channel("chat:general");
    this.live = this.client.channel("live:general");
    this.client.socket.on("people", ({ people }: People) => {
      this.hasVisitors = people.some(({ isBot, windows }) => isBot !== true && windows > 0);
    });
  }

  type(isTyping: boolean): void {
    this.live.emit("typing", { isTyping });
  }

  /** Resolves once it is on the log: that may take as long as the server is dead. */
  async say(text: string): Promise<void> {
    await this.chat.publish("message", { text });
  }

  leave(): void {
    this.client.close();
  }
}
