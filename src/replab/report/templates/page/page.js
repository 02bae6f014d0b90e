"use strict";
document.documentElement.classList.add("js");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function openClaim(claim, open) {
  claim.classList.toggle("open", open);
  claim.querySelector(".row button").setAttribute("aria-expanded", String(open));
}

function fits(claim, wanted) {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  claim.searched ??= claim.textContent.toLowerCase();
  return ["report", "study", "kind", "verdict"].every((key) => !wanted[key] || claim.dataset[key] === wanted[key])
    && words.every((word) => claim.searched.includes(word));
}

function filterClaims(form, claims) {
  const wanted = Object.fromEntries(new FormData(form));
  for (const claim of claims) claim.hidden = !fits(claim, wanted);
  const shown = claims.filter((claim) => !claim.hidden).length;
  document.querySelector("[data-count]").textContent = shown;
  document.querySelector(".nothing").hidden = shown > 0;
}

function orderOf(claim, header) {
  const key = header.firstElementChild.dataset.sort;
  if (key in claim.dataset) return claim.dataset[key].toLowerCase();
  const cell = claim.rows[0].cells[header.cellIndex];
  if (!("order" in cell.dataset)) return cell.textContent.trim().toLowerCase();
  return cell.dataset.order === "" ? null : Number(cell.dataset.order);
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
}

/* What has no number comes last, up and down. */
function sortClaims(table, header, claims) {
  const descending = header.getAttribute("aria-sort") === "ascending";
  const keys = new Map(claims.map((claim) => [claim, orderOf(claim, header)]));
  const sorted = claims.toSorted((first, second) => {
    const [a, b] = [keys.get(first), keys.get(second)];
    return a === null || b === null || !descending ? compare(a, b) : compare(b, a);
  });
  table.append(...sorted);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
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
  if (target.classList.contains("claim")) {
    target.hidden = false;
    openClaim(target, true);
  }
  for (let around = target; around; around = around.parentElement) {
    if (around.tagName === "DETAILS") around.open = true;
  }
  target.scrollIntoView();
}

function listenToClaims(table) {
  const claims = all("tbody.claim", table);
  const form = document.querySelector(".filters");
  const filter = () => filterClaims(form, claims);
  form.addEventListener("input", filter);
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const link of all("a[data-show]")) link.addEventListener("click", () => showOnly(form, "verdict", link.dataset.show));
  for (const link of all("a[data-study]")) link.addEventListener("click", () => showOnly(form, "study", link.dataset.study));
  for (const header of table.tHead.rows[0].cells) header.firstElementChild.addEventListener("click", () => sortClaims(table, header, claims));
  for (const claim of claims) {
    claim.rows[0].addEventListener("click", (event) => {
      if (!event.target.closest("a")) openClaim(claim, !claim.classList.contains("open"));
    });
  }
  filter();
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
  const table = document.querySelector("table.claims");
  if (table) listenToClaims(table);
  listenToStudies(document.querySelector("[data-open-all]"));
  listenToPrinting();
  addEventListener("hashchange", openTarget);
  openTarget();
});
