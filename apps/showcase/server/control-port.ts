import { type ControlPlace, controlPortPath } from "../protocol/control.ts";
import type { Site } from "./site.ts";

/** Tells pages where the process is that can kill this one and start it again. */
export function answerControlPort(site: Site, port: number | undefined): void {
  site.onRequest(controlPortPath, (_request, response) => {
    response.setHeader("Cache-Control", "no-store");
    if (port === undefined) {
      response.writeHead(404).end();
      return;
    }
    const place: ControlPlace = { port };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(place));
  });
}
