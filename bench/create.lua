-- Contact logs with a text of their own each, on the opportunities listed in $BENCH_IDS.
local ids, number, part = {}, 0, 0
local names = { "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨" }
for line in io.lines(os.getenv("BENCH_IDS")) do ids[#ids + 1] = line end
function setup(thread) thread:set("part", 1) end
function request()
    number = number + 1
    local id = ids[number * 7919 % #ids + 1]
    local body = string.format(
        '{"opportunity":"%s","conclusion":"%s工第%d次回复：样机第%d项指标通过，顾虑是交货周期%d天和售后响应，' ..
        '已约定带技术同事上门演示定制化报表，并确认采购流程中的两位决策人。","next_action":"周五前发第%d版报价单"}',
        id, names[number % #names + 1], number, number * 31 % 97, number * 17 % 89, number % 50)
    return wrk.format("POST", nil, nil, body)
end
local bad = 0
function response(status, headers, body)
    if status ~= 201 and bad < 3 then
        bad = bad + 1
        io.stderr:write("create: ", status, " ", body, "\n")
    end
end
