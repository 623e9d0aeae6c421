import type { EncodedMessage } from "../messages/encoded-message.ts";
import type { Point } from "./cursor.ts";

/** An event that was sent and is not logged. */
export interface RecentEvent extends Point {
  readonly timeMs: number;
  /** For whom: null for all. */
  readonly rooms: ReadonlySet<string> | null;
  readonly except: ReadonlySet<string> | null;
  readonly message: EncodedMessage;
  readonly compress: boolean | undefined;
}
