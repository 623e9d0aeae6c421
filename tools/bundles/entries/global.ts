/** What a script tag gives a page: the function `io`, with everything else on it. */
export { default } from "@openline/client";
