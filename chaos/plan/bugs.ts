import { type ClientPlantName, clientPlants } from "../clients/pages/planted-client.ts";
import { type PlantName, plants } from "../server/control.ts";

/** All bugs that can be planted: in the server, and in our own client. */
export const bugs = { ...plants, ...clientPlants } as const;

export type BugName = PlantName | ClientPlantName;

export const bugNames: readonly BugName[] = Object.keys(bugs) as BugName[];

export function isOfClient(name: BugName): name is ClientPlantName {
  return name in clientPlants;
}
