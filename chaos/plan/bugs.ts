import { type ClientPlantName, clientPlants } from "../clients/pages/planted-client.ts";
import { type PlantName, plants } from "../server/control.ts";

export type BugName = PlantName | ClientPlantName;

/** All bugs that can be planted: in the server, and in our own client. */
export const bugs: Readonly<Record<BugName, string>> = {
  ...plants,
  "client-repeat": clientPlants["client-repeat"].about,
  "client-drop": clientPlants["client-drop"].about,
  "client-forget": clientPlants["client-forget"].about,
  "client-rename": clientPlants["client-rename"].about,
};

export const bugNames: readonly BugName[] = Object.keys(bugs) as BugName[];

export function isOfClient(name: BugName): name is ClientPlantName {
  return name in clientPlants;
}
