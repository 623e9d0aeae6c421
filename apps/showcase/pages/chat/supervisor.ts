import {
  type ControlPlace,
  type ControlState,
  controlPaths,
  controlPortPath,
} from "../../protocol/control.ts";

/** The page's line to the process that can kill the server: on a port of its own, which lives on. */
export class Supervisor {
  private readonly origin: string;
  private current: ControlState | null = null;
  private readonly listeners = new Set<(state: ControlState | null) => void>();

  private constructor(origin: string) {
    this.origin = origin;
    const source = new EventSource(origin + controlPaths.state);
    source.onmessage = ({ data }) => this.set(JSON.parse(data as string) as ControlState);
    source.onerror = () => this.set(null);
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

  /** Resolves when the server is in that state. */
  until(server: ControlState["server"]): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.follow((state) => {
        if (state?.server !== server) return;
        queueMicrotask(() => stop());
        resolve();
      });
    });
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

  private async post(path: string): Promise<void> {
    const response = await fetch(this.origin + path, { method: "POST" });
    if (!response.ok) throw new Error(`the supervisor answered ${response.status}`);
  }

  private set(state: ControlState | null): void {
    this.current = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}
