import { DeliveryError } from "../rooms/delivery-error.ts";
import { type AskedMessage, badRequest } from "./messages-asked.ts";
import type { Published } from "./publishing.ts";

/** A publish that says which one of its producer's it is. */
export interface NumberedMessage extends AskedMessage {
  readonly room: string;
}

/** An event as the contract makes it: at once, unless a schema takes longer. */
export type Admitted = AskedMessage["data"] | Promise<AskedMessage["data"]>;

/** What carries out the publishes of one socket. */
export interface ProducerHost {
  /** @throws DeliveryError if it is not allowed, at once or later */
  allow(room: string): Promise<void> | void;
  /**
   * The event as the contract makes it.
   *
   * @throws DeliveryError if it is not what the room takes, at once or later
   */
  admit(room: string, data: AskedMessage["data"]): Admitted;
  isLogged(room: string): boolean;
  /** Publishes all of them, in their order, or none: those of logged rooms together, others alone. */
  publish(messages: readonly NumberedMessage[]): Promise<readonly Published[]>;
}

/** What a client tells of a publish beside the message. */
interface Number {
  readonly producer: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** Publishes that follow one another without a hole: the first that is refused ends it. */
interface Chain {
  readonly producer: string;
  readonly epoch: number;
  next: number;
  isBroken: boolean;
}

interface Waiting {
  readonly chain: Chain;
  readonly message: NumberedMessage;
  resolve(published: Published): void;
  reject(error: unknown): void;
}

/** Publishes of a socket that are not answered; as many go to the log together. */
const MAX_WAITING = 64;
const RETRY_MS = 100;
const MAX_PRODUCER_LENGTH = 64;
/** Producers whose epoch is remembered, in a namespace. */
const MAX_PRODUCERS = 10_000;

/** The newest epoch of each producer of a namespace: what comes from an older one is out of date. */
export class ProducerEpochs {
  private readonly epochs = new Map<string, number>();

  /** @throws DeliveryError if the producer has begun a newer epoch, maybe by another socket */
  enter({ producer, epoch }: Number): void {
    const newest = this.epochs.get(producer) ?? 0;
    if (epoch < newest) {
      throw new DeliveryError(
        "OPENLINE_FENCED",
        `The producer has begun its epoch ${newest}: somebody else goes on for it`,
      );
    }
    // The one that has not published for longest goes first.
    this.epochs.delete(producer);
    this.epochs.set(producer, epoch);
    if (this.epochs.size > MAX_PRODUCERS) {
      const [oldest = ""] = this.epochs.keys();
      this.epochs.delete(oldest);
    }
  }
}

/**
 * Publishes what one socket numbers, strictly in that order, however many are on their way: one
 * that is refused takes with it all that follow it in its epoch.
 */
export class Producer {
  private readonly host: ProducerHost;
  private readonly epochs: ProducerEpochs;
  private chain: Chain | null = null;
  private readonly waiting: Waiting[] = [];
  private inHand = 0;
  private isRunning = false;

  constructor(host: ProducerHost, epochs: ProducerEpochs) {
    this.host = host;
    this.epochs = epochs;
  }

  /** @throws DeliveryError for a publish that is out of its order, and as the host does */
  publish(fields: Readonly<Record<string, unknown>>, message: NumberedMessage): Promise<Published> {
    const number = readNumber(fields);
    if (this.waiting.length + this.inHand >= MAX_WAITING) {
      throw outOfOrder(`At most ${MAX_WAITING} publishes may wait for their answers`, RETRY_MS);
    }
    this.epochs.enter(number);
    const chain = this.follow(number);
    return new Promise((resolve, reject) => {
      this.waiting.push({ chain, message, resolve, reject });
      if (!this.isRunning) void this.run();
    });
  }

  private follow({ producer, epoch, sequence }: Number): Chain {
    const { chain } = this;
    if (chain?.producer === producer && chain.epoch === epoch) {
      if (chain.isBroken) throw outOfOrder("One before it was refused: begin a new epoch");
      if (sequence !== chain.next) {
        throw outOfOrder(`Its sequence is ${sequence}, and the next one is ${chain.next}`);
      }
      chain.next += 1;
      return chain;
    }
    if (sequence !== 0) throw outOfOrder("The first one of an epoch has the sequence 0");
    // What is left of an earlier one waits in front.
    this.chain = { producer, epoch, next: 1, isBroken: false };
    return this.chain;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const batch = await this.takeAllowed();
      if (batch.length > 0) await this.publishAll(batch);
      this.inHand = 0;
    }
    this.isRunning = false;
  }

  /** Those that may be published together, up to the first that may not. */
  private async takeAllowed(): Promise<Waiting[]> {
    const batch: Waiting[] = [];
    while (this.waiting.length > 0) {
      const [next] = this.waiting as [Waiting];
      const isLogged = this.host.isLogged(next.message.room);
      if (!isLogged && batch.length > 0) return batch;
      try {
        if (next.chain.isBroken) throw outOfOrder("One before it was refused: begin a new epoch");
        // Nothing else is waited for: what has come in one piece leaves in one.
        const allowed = this.host.allow(next.message.room);
        if (allowed !== undefined) await allowed;
        const admitted = this.host.admit(next.message.room, next.message.data);
        const data = admitted instanceof Promise ? await admitted : admitted;
        batch.push(data === next.message.data ? next : withData(next, data));
        this.waiting.shift();
        this.inHand = batch.length;
        if (!isLogged) return batch;
      } catch (error) {
        if (batch.length > 0) return batch;
        this.waiting.shift();
        refuse(next, error);
      }
    }
    return batch;
  }

  private async publishAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const published = await this.host.publish(batch.map(({ message }) => message));
      for (const [index, { resolve }] of batch.entries()) resolve(published[index] as Published);
    } catch (error) {
      for (const waiting of batch) refuse(waiting, error);
    }
  }
}

function withData(waiting: Waiting, data: AskedMessage["data"]): Waiting {
  return { ...waiting, message: { ...waiting.message, data } };
}

function refuse({ chain, reject }: Waiting, error: unknown): void {
  chain.isBroken = true;
  reject(error);
}

function outOfOrder(message: string, retryAfterMs?: number): DeliveryError {
  return new DeliveryError("OPENLINE_OUT_OF_ORDER", message, retryAfterMs);
}

function readNumber({ producer, epoch, sequence }: Readonly<Record<string, unknown>>): Number {
  if (typeof producer !== "string" || producer === "" || producer.length > MAX_PRODUCER_LENGTH) {
    badRequest(`\`producer\` takes a string of 1 to ${MAX_PRODUCER_LENGTH} characters`);
  }
  if (!isCount(epoch)) badRequest("`epoch` takes a whole number from 0 up");
  if (!isCount(sequence)) badRequest("`sequence` takes a whole number from 0 up");
  return { producer, epoch, sequence };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
