/* What a language model writes, under the quotes that stand already: shown sentence by sentence as the server has
   checked it, a line of JSON each. */
(() => {
  "use strict";

  const { press, query, queryAll, request, thread } = window.chapterAndVerse;

  async function writeOn() {
    const section = queryAll("[data-write]", thread()).at(-1);
    if (!section) return;
    const body = { conversation: thread().dataset.conversation, turn: Number(section.dataset.write) };
    delete section.dataset.write;
    const response = await request("/own/write", { method: "POST", body });
    if (!response?.ok || !response.body) { section.remove(); return; }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true }));
      if (done || !section.isConnected) { if (!done) reader.cancel(); break; }
      held += value;
      const lines = held.split("\n");
      held = lines.pop();
      for (const line of lines.filter(Boolean)) section.innerHTML = JSON.parse(line).html;
    }
    if (query(".cv-doing", section)) section.remove();
  }

  document.addEventListener("cv-thread", writeOn);
  press({ ".cv-pointer": ({ dataset }) => query(`.cv-chip[data-open="${dataset.quote}"]`)?.click() });
})();
