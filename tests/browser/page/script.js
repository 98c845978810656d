document.getElementById("written-by-script").textContent = "The script ran.";
