/** One window of a scenario's load on one server. */
import { type GeneratorOptions, runGenerator } from "./generator.ts";
import { cacheFolder } from "./paths.ts";
import {
  makePayloads,
  type PayloadShape,
  wireBytesOf,
  writeKeys,
  writePayloads,
} from "./payloads.ts";
import type { LoadScenario } from "./scenario.ts";
import type { ServerProcess } from "./server-process.ts";
import { checkSamples, type Window, windowOf } from "./window.ts";

/** On a starved machine a window may pass without a message; the next one is twice as long. */
const emptyWindows = 4;

export interface LoadOptions extends Pick<GeneratorOptions, "program" | "cores"> {
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** Messages (or publications) a second; as many as the server answers if absent. */
  readonly rate?: number;
}

function flagsOf(scenario: LoadScenario): Record<string, string | number> {
  return {
    level: scenario.level,
    mode: scenario.mode,
    keys: writeKeys(cacheFolder()),
    connections: scenario.connections,
    "in-flight": scenario.inFlight,
    ...(scenario.payload === undefined ? {} : payloadFlags(scenario.payload)),
    deflate: scenario.deflate ? 1 : 0,
  };
}

function payloadFlags(shape: PayloadShape): Record<string, string | number> {
  return {
    payload: writePayloads(cacheFolder(), shape),
    "payload-bytes": wireBytesOf(shape),
    opcode: shape.kind === "binary" ? 2 : 1,
  };
}

/**
 * Runs one window on a server, and checks what the generator could not.
 *
 * @throws Error in the generator's words when a byte, an order or a handshake was wrong
 */
export async function runWindow(
  scenario: LoadScenario,
  server: ServerProcess,
  options: LoadOptions,
): Promise<Window> {
  let { windowMs } = options;
  for (let attempt = 0; attempt < emptyWindows; attempt++, windowMs *= 2) {
    const window = await tryWindow(scenario, server, { ...options, windowMs });
    if (window !== undefined) return window;
  }
  throw new Error(`no message came back within ${windowMs / 2} ms`);
}

/** Returns nothing when the window was too short for even one message. */
async function tryWindow(
  scenario: LoadScenario,
  server: ServerProcess,
  options: LoadOptions,
): Promise<Window | undefined> {
  const { program, cores } = options;
  const report = await runGenerator({
    program,
    cores,
    serverPid: server.pid,
    flags: {
      ...flagsOf(scenario),
      port: server.port,
      rate: options.rate ?? 0,
      "warm-up-ms": Math.round(options.warmUpMs),
      "window-ms": Math.round(options.windowMs),
    },
  });
  if (report.messages === 0) return undefined;
  if (report.samples && scenario.payload) {
    checkSamples(report.samples, makePayloads(scenario.payload));
  }
  return windowOf(report, cores.server === cores.generator ? 1 : 2);
}
