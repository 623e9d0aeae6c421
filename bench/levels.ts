/** The two levels of Openline that are measured, each beside others of its kind. */

export type Level = "websocket" | "socket.io";

export type ContenderName = "openline" | "ws" | "websocket" | "net" | "bun" | "floor" | "socket.io";

export interface LevelDescription {
  /** What every ratio is to. */
  readonly yardstick: ContenderName;
  /** In the order of the tables. */
  readonly contenders: readonly ContenderName[];
}

export const levels: Readonly<Record<Level, LevelDescription>> = {
  websocket: {
    yardstick: "ws",
    contenders: ["openline", "ws", "websocket", "net", "bun", "floor"],
  },
  "socket.io": {
    yardstick: "socket.io",
    contenders: ["openline", "socket.io", "bun"],
  },
};

export const levelNames: readonly Level[] = ["websocket", "socket.io"];
