-- Licensed under the Apache License, Version 2.0; see the file LICENSE.
--
-- mod_lua: r.notes, or r.subprocess_env, of a handler or of any hook.
--
--     LuaMapHandler "^/translate" "/srv/examples/context.lua"

function handle(r)
    r.notes["t2mlog.user_id"] = "42"
    r.notes["t2mlog.feature"] = "translation"
    r.content_type = "text/plain"
    r:err("translating")        -- this line of the error log has user_id and feature, too
    r:puts("translated\n")
    return apache2.OK
end
