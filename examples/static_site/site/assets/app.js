// The page shows what its path says; every path that is no file is this page, so a reload stays where it is.
const show = () => {
  document.querySelector("h1").textContent = location.pathname === "/" ? "Home" : location.pathname.split("/").pop();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link === null) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);
show();

const answer = await fetch("/api/time.sh");
document.querySelector("#time").textContent = await answer.text();
