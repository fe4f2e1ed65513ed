-- Prints the 95th percentile, which wrk does not.
done = function(_, latency)
    io.write(string.format("p95 %.2f\n", latency:percentile(95) / 1000))
end
