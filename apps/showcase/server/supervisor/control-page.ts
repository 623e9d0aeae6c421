/** The small page on the supervisor's own port, for when the server is dead and its pages with it. */
export function controlPage(pagesPort: number): string {
  return `<!doctype html>
<html lang="en" data-pages-port="${pagesPort}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Supervisor · Openline</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/control.css" />
    <script type="module" src="/control.js"></script>
  </head>
  <body>
    <main>
      <h1>The server's supervisor</h1>
      <p>It owns nothing but this page and the server's process. The log is on disk, and the outboxes are in the browsers.</p>
      <p id="state" role="status">…</p>
      <p class="actions">
        <button id="kill" type="button">Kill the server</button>
        <button id="restart" type="button">Start it</button>
        <button id="company" type="button" aria-pressed="false">Simulated people</button>
      </p>
      <p><a id="chat" href="/">To the chat</a></p>
    </main>
  </body>
</html>
`;
}

export const controlPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const controlScript = `const byId = (id) => document.getElementById(id);
const post = (path) => fetch(path, { method: "POST" });
const chat = new URL("/", location.href);
chat.port = document.documentElement.dataset.pagesPort;
byId("chat").href = chat.href;
let hasCompany = false;
new EventSource("/state").onmessage = ({ data }) => {
  const { server, pid, runs, ...rest } = JSON.parse(data);
  hasCompany = rest.hasCompany;
  byId("state").textContent = server === "running"
    ? \`Running: process \${pid}, start number \${runs}\`
    : server === "starting" ? "Starting…" : "Dead";
  byId("state").dataset.state = server;
  byId("kill").disabled = server === "dead";
  byId("restart").disabled = server !== "dead";
  byId("company").hidden = hasCompany === null;
  byId("company").setAttribute("aria-pressed", String(hasCompany));
};
byId("kill").onclick = () => post("/kill");
byId("restart").onclick = () => post("/restart");
byId("company").onclick = () => post(\`/company?on=\${hasCompany ? 0 : 1}\`);
`;

export const controlStyle = `:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; place-items: center; min-height: 100dvh; background: light-dark(#f6f6f9, #101015); color: light-dark(#1b1b25, #ececf3); }
main { width: min(34rem, 100vw - 2rem); box-sizing: border-box; padding: 2rem; border: 1px solid light-dark(#e0e0e9, #2b2b36); border-radius: 16px; background: light-dark(#fff, #18181f); }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
#state { font-weight: 650; font-variant-numeric: tabular-nums; color: light-dark(#8a5300, #f2b75a); }
#state[data-state="running"] { color: light-dark(#0f7a4a, #5fd39b); }
#state[data-state="dead"] { color: light-dark(#b3261e, #ff8f87); }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
button { min-height: 2.5rem; padding: .25rem 1rem; border: 1px solid light-dark(#8a8a9e, #77778c); border-radius: 6px; background: transparent; color: inherit; font: inherit; cursor: pointer; }
button:disabled { opacity: .5; cursor: not-allowed; }
button[aria-pressed="true"] { border-color: transparent; background: light-dark(#eceaff, #27244a); color: light-dark(#4031d3, #b1a8ff); }
a { color: light-dark(#4031d3, #b1a8ff); }
`;
