import type { PerMessageDeflateOptions } from "../deflate/options.ts";
import type { HeartbeatOptions } from "../link-options.ts";
export interface ClientOptions {
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  heartbeat?: HeartbeatOptions | boolean;
  maxPayload?: number;
  maxFragments?: number;
  maxBufferedChunks?: number;
  maxPendingAutoPongs?: number;
  autoPong?: boolean;
  allowSynchronousEvents?: boolean;
  skipUTF8Validation?: boolean;
  closeTimeout?: number;
  generateMask?: (mask: Buffer) => void;
}
