-- Asks for one of a thousand routes after another, in no order, each with another parameter.
local number = 1

request = function()
  number = (number * 16807) % 2147483647
  return wrk.format("GET", "/api/r" .. (number % 1000) .. "/" .. number)
end
