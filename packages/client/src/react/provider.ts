import {
  type Context,
  createContext,
  createElement,
  type FunctionComponentElement,
  type ReactNode,
  type ProviderProps as ReactProviderProps,
  useContext,
} from "react";
import type { Client } from "../channels/client.ts";

/** One for the components below a provider, whatever its contract. */
const ClientContext: Context<Client | null> = createContext<Client | null>(null);

export interface ProviderProps {
  // A contract's types are for who uses it.
  // biome-ignore lint/suspicious/noExplicitAny: a client of any contract
  readonly client: Client<any>;
  readonly children?: ReactNode;
}

/** Gives a client to the components below. Who makes it, closes it. */
export function OpenlineProvider({
  client,
  children,
}: ProviderProps): FunctionComponentElement<ReactProviderProps<Client | null>> {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/**
 * The client of the nearest provider: `useClient<typeof client>()` for one with a contract.
 *
 * @throws Error outside of an OpenlineProvider
 */
// biome-ignore lint/suspicious/noExplicitAny: a client of any contract
export function useClient<Of extends Client<any> = Client>(): Of {
  return useGivenOrProvided<Of>(undefined);
}

/** The client that a component was given, or else that of the nearest provider. */
export function useGivenOrProvided<Of extends object>(given: Of | undefined): Of {
  const provided = useContext(ClientContext);
  const client = given ?? provided;
  if (client === null) {
    throw new Error("There is no client: put <OpenlineProvider client={…}> around the component");
  }
  return client as Of; // as its user says
}
