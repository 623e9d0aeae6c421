import { Session } from "./session.ts";

/** All sessions by their secret; the ones longest gone make place for new ones. */
export class SessionTable {
  private readonly sessions = new Map<string, Session>();
  private readonly capacity: number;
  private readonly publicId: (secret: string) => string;

  /** @param publicId the id that all may see: from it nobody can tell the secret */
  constructor(capacity: number, publicId: (secret: string) => string) {
    this.capacity = capacity;
    this.publicId = publicId;
  }

  /** The session of this secret, a new one if it is not known. */
  open(secret: string, name: string, nowMs: number): Session {
    const known = this.sessions.get(secret);
    // Put at the end: the order of the map is the order in which sessions were last opened.
    this.sessions.delete(secret);
    const session = known ?? new Session(this.publicId(secret), name, nowMs);
    this.sessions.set(secret, session);
    this.makePlace();
    return session;
  }

  /** `name`, or `name 2`, `name 3` … if another person who is here has it. */
  freeName(name: string, self: Session | undefined, longest: number): string {
    const taken = new Set<string>();
    for (const session of this.sessions.values()) {
      if (session !== self && session.isPresent) taken.add(fold(session.name));
    }
    let free = name;
    for (let number = 2; taken.has(fold(free)); number += 1) {
      const suffix = ` ${number}`;
      free = `${name.slice(0, longest - suffix.length).trimEnd()}${suffix}`;
    }
    return free;
  }

  private makePlace(): void {
    if (this.sessions.size <= this.capacity) return;
    for (const [secret, session] of this.sessions) {
      if (session.room !== undefined) continue;
      this.sessions.delete(secret);
      return;
    }
  }
}

function fold(name: string): string {
  return name.toLowerCase();
}
