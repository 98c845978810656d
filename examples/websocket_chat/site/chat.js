const room = location.hash.slice(1) || "lobby";
const said = document.getElementById("said");
const words = document.getElementById("words");

function show(text) {
  const line = document.createElement("li");
  line.textContent = text;
  said.append(line);
}

// A server that is reloaded, upgraded or scaled closes its WebSockets with 1001: come again.
let socket;
function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/rooms/${encodeURIComponent(room)}`);
  socket.onmessage = (message) => show(message.data);
  socket.onclose = () => setTimeout(connect, 500);
}
connect();

document.getElementById("say").onsubmit = (event) => {
  event.preventDefault();
  socket.send(words.value);
  words.value = "";
};
