import type { Person } from "../../protocol/chat.ts";
import { byId, element } from "../site/element.ts";
import { makeAvatar } from "./avatar.ts";

const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

/** Who is in the room. */
export class PeopleList {
  private readonly list = byId("people-list", HTMLElement);
  private readonly counts = document.querySelectorAll<HTMLElement>("[data-people-count]");
  private readonly people = new Map<string, Person>();
  private me: string | undefined;

  get size(): number {
    return this.people.size;
  }

  nameOf(id: string): string | undefined {
    return this.people.get(id)?.name;
  }

  setMe(id: string): void {
    this.me = id;
    this.draw();
  }

  set(people: readonly Person[]): void {
    this.people.clear();
    for (const person of people) this.people.set(person.id, person);
    this.draw();
  }

  put(person: Person): void {
    this.people.set(person.id, person);
    this.draw();
  }

  remove(id: string): void {
    this.people.delete(id);
    this.draw();
  }

  private draw(): void {
    const sorted = [...this.people.values()].sort((a, b) => {
      if (a.id === this.me) return -1;
      if (b.id === this.me) return 1;
      return byName.compare(a.name, b.name);
    });
    this.list.replaceChildren(...sorted.map((person) => this.makeItem(person)));
    for (const count of this.counts) count.textContent = String(sorted.length);
  }

  private makeItem(person: Person): HTMLElement {
    const name = element("span", { class: "person-name", dir: "auto" }, person.name);
    const item = element("li", { class: "person" }, makeAvatar(person), name);
    if (person.id === this.me) item.append(element("span", { class: "tag" }, "you"));
    if (!person.isOnline) {
      item.classList.add("person-lost");
      item.append(element("span", { class: "person-note" }, "reconnecting…"));
    }
    return item;
  }
}
