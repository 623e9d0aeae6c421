/** Who listens to what: topics by name, each with its subscribers. */
export class TopicIndex<Subscriber> {
  private readonly topics = new Map<string, Set<Subscriber>>();

  /** Names of the topics that have a subscriber. */
  get names(): IterableIterator<string> {
    return this.topics.keys();
  }

  subscribers(topic: string): ReadonlySet<Subscriber> | undefined {
    return this.topics.get(topic);
  }

  add(topic: string, subscriber: Subscriber): void {
    const subscribers = this.topics.get(topic);
    if (subscribers === undefined) this.topics.set(topic, new Set([subscriber]));
    else subscribers.add(subscriber);
  }

  /** An abandoned topic takes no memory. */
  remove(topic: string, subscriber: Subscriber): void {
    const subscribers = this.topics.get(topic);
    if (subscribers === undefined) return;
    subscribers.delete(subscriber);
    if (subscribers.size === 0) this.topics.delete(topic);
  }
}
