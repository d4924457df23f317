// Ask from JavaScript, with nothing but fetch: node examples/ask.mjs http://127.0.0.1:7860 "Who is the foreign minister?"
// In a page of another origin, name that origin in the setting "embed".

/** Ask, and give the reply: {status, confidence, quotes: [{exact, start, end, document: {path, sha256}}], …}. */
export async function ask(address, question, { within = [], password = "" } = {}) {
  return (await sent(address, "/api/ask", { question, in: within }, password)).json();
}

/** Give events as they come: ["reply", …] with the quotes at once, ["sentence", …] of a language model, ["done", …]. */
export async function* stream(address, question, { password = "" } = {}) {
  const response = await sent(address, "/api/ask/stream", { question }, password);
  let held = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (held + text).split("\n\n");
    held = events.pop();
    for (const event of events) {
      const [, name, data] = event.match(/^event: (.*)\ndata: (.*)$/);
      yield [name, JSON.parse(data)];
    }
  }
}

/** Give a verdict for each quote of a reply, from the files as they are now. */
export async function verify(address, reply, { password = "" } = {}) {
  return (await (await sent(address, "/api/verify", reply, password)).json()).verdicts;
}

async function sent(address, path, body, password) {
  const headers = { "Content-Type": "application/json" };
  if (password) headers.Authorization = `Bearer ${password}`;
  const response = await fetch(address + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

if (typeof process !== "undefined" && process.argv[1]?.endsWith("ask.mjs")) {
  const [, , address, question] = process.argv;
  for await (const [name, content] of stream(address, question)) {
    if (name !== "reply") continue;
    const verdicts = await verify(address, content);
    content.quotes.forEach((quote, i) =>
      console.log(`“${quote.exact}” – ${quote.document.path}, characters ${quote.start} to ${quote.end}: ${verdicts[i].verdict}`),
    );
    if (content.status === "refused") console.log("No clear answer was found.");
  }
}
