/** Builds the client's bundles, as a part of its build. */
import { buildBundles } from "./bundles.ts";

await buildBundles();
