import {
  type ControlPlace,
  type ControlState,
  controlPaths,
  controlPortPath,
} from "../../protocol/control.ts";

/** The page's line to the process that can kill the server: on a port of its own, which lives on. */
export class Supervisor {
  private readonly origin: string;
  private source: EventSource;
  private current: ControlState | null = null;
  private readonly listeners = new Set<(state: ControlState | null) => void>();

  private constructor(origin: string) {
    this.origin = origin;
    this.source = this.open();
    // A page with an open request is not kept for going back to.
    addEventListener("pagehide", () => this.source.close());
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted) this.source = this.open();
    });
  }

  /** Finds it; null where the server runs without one. */
  static async find(): Promise<Supervisor | null> {
    try {
      const response = await fetch(controlPortPath);
      if (!response.ok) return null;
      const { port } = (await response.json()) as ControlPlace;
      return new Supervisor(`${location.protocol}//${location.hostname}:${port}`);
    } catch {
      return null;
    }
  }

  /** Null while it cannot be reached. */
  get state(): ControlState | null {
    return this.current;
  }

  /** Calls `listener` now and after each change. */
  follow(listener: (state: ControlState | null) => void): () => void {
    this.listeners.add(listener);
    listener(this.current);
    return () => void this.listeners.delete(listener);
  }

  kill(): Promise<void> {
    return this.post(controlPaths.kill);
  }

  restart(): Promise<void> {
    return this.post(controlPaths.restart);
  }

  setCompany(isOn: boolean): Promise<void> {
    return this.post(`${controlPaths.company}?on=${isOn ? 1 : 0}`);
  }

  private open(): EventSource {
    const source = new EventSource(this.origin + controlPaths.state);
    source.onmessage = ({ data }) => this.set(JSON.parse(data as string) as ControlState);
    source.onerror = () => this.set(null);
    return source;
  }

  private async post(path: string): Promise<void> {
    const response = await fetch(this.origin + path, { method: "POST" });
    if (!response.ok) throw new Error(`the supervisor answered ${response.status}`);
  }

  private set(state: ControlState | null): void {
    this.current = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}
