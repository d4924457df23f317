// Through Gradio's own client (npm install @gradio/client): node gradio_ask.mjs http://127.0.0.1:7860 "Who …?"
import { Client } from "@gradio/client";

const [, , address, question] = process.argv;
const client = await Client.connect(address);
const { data } = await client.predict("/ask", { question });
for (const quote of data[0].quotes) console.log(`“${quote.exact}” – ${quote.document.path}`);
if (data[0].status === "refused") console.log("No clear answer was found.");
process.exit(0);
