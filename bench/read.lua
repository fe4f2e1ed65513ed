-- One record after the other of those listed in $BENCH_IDS.
local ids, number = {}, 0
for line in io.lines(os.getenv("BENCH_IDS")) do ids[#ids + 1] = line end
function request()
    number = number + 1
    return wrk.format("GET", "/api/v1/records/opportunity/" .. ids[number * 7919 % #ids + 1])
end
