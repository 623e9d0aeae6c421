import type { TcpProxy } from "../../network/tcp-proxy.ts";
import { Random } from "../../plan/random.ts";
import { Page, type PageListener } from "./page.ts";
import type { Channels } from "./planted-client.ts";
import { SharedStore, type StoreWitness } from "./shared-store.ts";

export interface PagesOptions {
  readonly name: string;
  readonly seed: number;
  /** For the page that is there always, and for another beside it. */
  readonly lines: readonly [TcpProxy, TcpProxy];
  readonly listener: PageListener;
  readonly channels: Channels;
  /** Gives each page's view of the store. */
  witness(page: number): StoreWitness;
  /** Begins to use a page that was just loaded; a fresh one reads its rooms from the start. */
  onLoad(page: Page, isFresh: boolean): void;
  onEnd(page: Page): void;
}

/** The pages of one client, one after the other and sometimes two at a time, with one store. */
export class Pages {
  readonly store: SharedStore;
  private readonly options: PagesOptions;
  private readonly transports: readonly string[];
  private count = 0;
  private main: Page;
  private second: Page | null = null;
  /** Whether the last page beside the other one was. */
  private isFresh = false;
  private isClosed = false;

  constructor(options: PagesOptions) {
    this.options = options;
    const random = new Random(options.seed);
    this.transports = random.chance(0.7) ? ["websocket"] : ["polling", "websocket"];
    this.store = new SharedStore(random);
    this.main = this.load(0);
  }

  /** The one that was loaded last. */
  get newest(): Page {
    return this.second ?? this.main;
  }

  get isConnected(): boolean {
    return this.main.isConnected;
  }

  /** Ends the page that is there always as `dice` will have it, and loads it again. */
  fade(dice: number): void {
    const page = this.main;
    page.fade(dice, () => this.replace(page));
  }

  /** Loads the page again at once. */
  reload(): void {
    if (this.isClosed) return;
    const page = this.main;
    page.end();
    this.replace(page);
  }

  /** Opens a page beside the other one, the first and each second time a fresh one; what is returned ends it. */
  openSecond(): (() => void) | null {
    if (this.second !== null || this.isClosed) return null;
    this.isFresh = !this.isFresh;
    const page = this.load(1, this.isFresh);
    this.second = page;
    return () => {
      if (page.isOver) return;
      page.end();
      this.second = null;
      this.options.onEnd(page);
    };
  }

  close(): void {
    this.isClosed = true;
    for (const page of [this.main, this.second]) if (page?.isOver === false) page.end();
  }

  private replace(page: Page): void {
    this.options.onEnd(page);
    if (this.isClosed || page !== this.main) return;
    this.main = this.load(0);
  }

  private load(place: 0 | 1, isFresh = false): Page {
    this.count += 1;
    const number = this.count;
    const { name: token, lines, listener, channels, witness, onLoad } = this.options;
    const store = this.store.pageStore(witness(number));
    const page = new Page({
      ...{ number, token, store, listener, channels },
      line: lines[place],
      transports: this.transports,
    });
    onLoad(page, isFresh);
    return page;
  }
}
