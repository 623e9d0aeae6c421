import {
  ChannelFeed,
  type FeedChannel,
  type FeedMessage,
  type FeedOptions,
} from "./channel-feed.ts";

/** A client, as far as its channels are concerned. */
export interface FeedClient<Message extends FeedMessage> {
  channel(name: string, options?: object): FeedChannel<Message>;
}

/** Of each client, by the names of their channels: components that look at one share it. */
const feeds = new WeakMap<object, Map<string, ChannelFeed<never>>>();

/** The feed of a channel. The options are those of whoever asks first. */
export function feedOf<Message extends FeedMessage>(
  client: FeedClient<Message>,
  name: string,
  options: FeedOptions = {},
): ChannelFeed<Message> {
  let ofClient = feeds.get(client);
  if (ofClient === undefined) {
    ofClient = new Map();
    feeds.set(client, ofClient);
  }
  let feed = ofClient.get(name) as ChannelFeed<Message> | undefined; // this client's messages
  if (feed === undefined) {
    feed = new ChannelFeed(() => client.channel(name, options), options);
    ofClient.set(name, feed as unknown as ChannelFeed<never>);
  }
  return feed;
}
