import { describe, expect, test } from "vitest";
import { installCommand, missingPackages } from "./debian.ts";
import { environmentWithoutNpm, isNetworkFailure, nodeMajors, nodeVersions } from "./nodes.ts";

describe("Debian packages", () => {
  test("are missing when what they bring is not there", () => {
    const here = { name: "here", reason: "", isPresent: () => true };
    const gone = { name: "gone", reason: "", isPresent: () => false };
    expect(missingPackages([here, gone])).toEqual([gone]);
  });

  test("come by one command that asks nothing", () => {
    expect(installCommand(["nginx", "haproxy"])).toBe(
      "apt-get update && apt-get install -y --no-install-recommends nginx haproxy",
    );
  });
});

describe("other Nodes", () => {
  test("are pinned to a release of their major version", () => {
    for (const major of nodeMajors) expect(nodeVersions[major]).toMatch(`${major}.`);
  });

  test.each([
    ["npm error code ETIMEDOUT", true],
    ["npm error network request to https://registry.npmjs.org failed", true],
    ["npm error 503 Service Unavailable - GET https://registry.npmjs.org/x", true],
    ["npm error code E404\nnpm error 404 Not Found", false],
    ["npm error code EINTEGRITY", false],
    ["npm error code ENOSPC", false],
  ])("are tried again only when the network fails: %j", (output, isRetried) => {
    expect(isNetworkFailure(output)).toBe(isRetried);
  });

  test("are fetched without the settings of this project's npm run", () => {
    process.env.npm_config_local_prefix = "/somewhere";
    process.env.npm_lifecycle_event = "test";
    const environment = environmentWithoutNpm();
    expect(environment.npm_config_local_prefix).toBeUndefined();
    expect(environment.npm_lifecycle_event).toBeUndefined();
    expect(environment.PATH).toBe(process.env.PATH);
  });
});
