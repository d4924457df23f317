/* Bring the quote into view. */
document.querySelector(".cv-here")?.scrollIntoView({ block: "center" });
