"use strict";
document.documentElement.classList.add("js");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function fits(statement, wanted) {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  statement.searched ??= statement.textContent.toLowerCase();
  return ["report", "study", "verdict"].every((key) => !wanted[key] || statement.dataset[key] === wanted[key])
    && words.every((word) => statement.searched.includes(word));
}

function filter(form, statements) {
  const wanted = Object.fromEntries(new FormData(form));
  for (const statement of statements) statement.hidden = !fits(statement, wanted);
  const shown = statements.filter((statement) => !statement.hidden).length;
  document.querySelector("[data-count]").textContent = shown;
  document.querySelector(".nothing").hidden = shown > 0;
  for (const report of all("section.report")) report.hidden = !report.querySelector(".statement:not([hidden])");
}

function showOnly(form, key, value) {
  form.reset();
  form.elements[key].value = value;
  form.dispatchEvent(new Event("input"));
}

/* Open whatever the address points to. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let around = target; around; around = around.parentElement) {
    if (around.tagName === "DETAILS") around.open = true;
    around.hidden = false;
  }
  target.scrollIntoView();
}

function listenToFilters(form) {
  const statements = all("details.statement");
  const apply = () => filter(form, statements);
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const link of all("a[data-show]")) link.addEventListener("click", () => showOnly(form, "verdict", link.dataset.show));
  apply();
}

function listenToPrinting() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
}

function listenToStudies(button) {
  button?.addEventListener("click", () => {
    for (const study of all("details.study")) study.open = true;
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector(".filters");
  if (form) listenToFilters(form);
  listenToStudies(document.querySelector("[data-open-all]"));
  listenToPrinting();
  addEventListener("hashchange", openTarget);
  openTarget();
});
