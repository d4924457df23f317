/* The chat inside another page: what that page asks for in the address, and what is told back to it. */
(() => {
  "use strict";

  const page = window.chapterAndVerse;
  const given = new URLSearchParams(location.search);
  const root = document.documentElement;

  page.framed = window.self !== window.top;
  page.within = given.get("within") ?? "";
  root.classList.toggle("cv-framed", page.framed);
  root.classList.toggle("cv-limited", Boolean(page.within));
  root.classList.toggle("cv-no-sources", given.get("sources") === "hidden");
  const accent = given.get("accent") ?? "";
  if (/^#[0-9a-f]{6}$/i.test(accent)) root.style.setProperty("--given-accent", accent);

  if (!page.framed) return;

  /* Before the page's own listener: on a narrow page Escape closes the document first. */
  document.addEventListener("keydown", (event) => {
    const reading = document.body.classList.contains("cv-reading") && !page.wide();
    if (event.key === "Escape" && !reading) parent.postMessage({ type: "chapter-and-verse:escape" }, "*");
  }, { capture: true });
})();
