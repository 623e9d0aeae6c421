/** What a client tells its owner. */
export interface ClientListener {
  onConnect(session: string, isRecovered: boolean): void;
  onDisconnect(reason: string): void;
  /** An event, with all that came with it: where it was logged, the last one is its cursor. */
  onEvent(name: string, args: readonly unknown[]): void;
  /** The server has refused to let it in, and means it. */
  onRefused(message: string): void;
}

/** A client of Socket.IO that connects, and comes back whenever it loses its connection. */
export interface Client {
  /** True while events can be sent. */
  readonly isConnected: boolean;
  /** Tells one connection from the next. */
  readonly connection: string;
  /**
   * Sends an event, and resolves when `onAnswer` has been called with the first value of its
   * acknowledgement: between the events that came before and after it.
   *
   * @throws Error if the connection is lost or the deadline passes before that: nobody knows then
   *   whether it has arrived
   */
  request(
    event: string,
    args: readonly unknown[],
    timeoutMs: number,
    onAnswer: (answer: unknown) => void,
  ): Promise<void>;
  close(): void;
}

export interface ClientOptions {
  readonly url: string;
  readonly token: string;
  readonly listener: ClientListener;
}
