/* The owner's questions: kept one by one, other passages drawn, all of them asked. HTML comes from the server alone. */
(() => {
  "use strict";

  const query = (selector, root = document) => root.querySelector(selector);
  const AGAIN = 700;

  async function send(path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) }).catch(() => null);
    const text = await response?.text();
    if (response?.ok) return { text };
    let error = "The server does not answer. Try again in a moment.";
    try { error = JSON.parse(text).error; } catch { /* no words of the server's */ }
    return { error };
  }

  async function keep(form) {
    const { document: id, start, end } = form.dataset;
    const { question, answer, none } = form.elements;
    const sent = await send("/own/questions", {
      document: id, start: Number(start), end: Number(end), question: question.value, answer: none.checked ? null : answer.value,
    });
    const said = query("output", form);
    said.className = sent.error ? "cv-fault" : "";
    said.textContent = sent.error ?? "Kept. Ask another about it, or go on.";
    if (sent.error) return;
    query(".cv-kept").innerHTML = sent.text;
    query("[data-measure]").disabled = false;
    form.reset();
    answer.disabled = false;
    question.focus();
  }

  async function others() {
    const seed = Number(query(".cv-drawn").dataset.seed) + 1;
    const response = await fetch(`/own/questions?seed=${seed}`).catch(() => null);
    if (!response?.ok) return;
    query(".cv-write").innerHTML = await response.text();
    history.replaceState(null, "", `?seed=${seed}`);
    query(".cv-write h3")?.scrollIntoView();
    query(".cv-write input")?.focus({ preventScroll: true });
  }

  function show(html) {
    query(".cv-measured").innerHTML = html;
    const underWay = Boolean(query("[data-under-way]"));
    query("[data-measure]").disabled = underWay;
    if (underWay) setTimeout(look, AGAIN);
  }

  async function look() {
    const response = await fetch("/own/quality").catch(() => null);
    if (response?.ok) show(await response.text());
    else setTimeout(look, 4 * AGAIN);
  }

  async function measure() {
    const { text, error } = await send("/own/quality");
    if (error) query(".cv-measured").textContent = error;
    else show(text);
  }

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-write]")) { event.preventDefault(); keep(event.target); }
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name === "none") target.form.elements.answer.disabled = target.checked;
  });
  document.addEventListener("click", ({ target }) => {
    if (target.matches("[data-others]")) others();
    if (target.matches("[data-measure]")) measure();
  });
  if (query("[data-under-way]")) look();
})();
