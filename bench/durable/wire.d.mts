/** The types of `wire.mjs`, which clients run as it is: a loader would cost them time of their core. */

export function frameOf(payload: string): string;

export class Wire {
  onMessage: (bytes: Buffer, start: number, end: number, wire: Wire) => void;
  onLost: (wire: Wire) => void;
  messages: number;
  pid: string;
  cursor: string;
  open(port: number, auth: unknown): Promise<Readonly<Record<string, unknown>>>;
  send(frames: string): void;
  cut(): void;
}

export function cursorIn(bytes: Buffer, start: number, end: number): string;
