import { createClient } from "@openline/client/channels";
import { expect, it } from "vitest";
import { type ClientPlantName, clientPlants, plantClientBug } from "./planted-client.ts";

it.each(Object.keys(clientPlants) as ClientPlantName[])(
  "builds the client with a bug, whose line it still has: %s",
  async (plant) => {
    const channels = await plantClientBug(plant);
    expect(channels.createClient).toBeTypeOf("function");
    expect(channels.createClient).not.toBe(createClient);
  },
);
