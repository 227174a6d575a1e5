-- Speak with a milter door as miltertest(8) does, and end with an error if it answers wrongly.
-- The socket is given by -D socket=unix:PATH; what becomes of a message is said by its
-- first recipient (tests/milter_door.py).

local function check(right, what)
    if not right then error(what) end
end

local function said(failure, what)
    if failure ~= nil then error(what .. ": " .. tostring(failure)) end
end

-- One message to its end; gives the reply.
local function message(conn, first)
    said(mt.mailfrom(conn, "<a@sender.example>", "SIZE=100"), "mailfrom")
    said(mt.rcptto(conn, "<" .. first .. "@corp.example>"), "rcptto")
    said(mt.rcptto(conn, "<two@corp.example>"), "second rcptto")
    -- miltertest puts a blank in front by itself, where blanks are kept.
    said(mt.header(conn, "X-Pratique", "forged"), "header")
    said(mt.header(conn, "Subject", "hi\n\tthere"), "folded header")
    said(mt.header(conn, "x-pratique", "forged too"), "last header")
    said(mt.eoh(conn), "eoh")
    said(mt.bodystring(conn, "hello\r\n"), "body")
    check(mt.getreply(conn) == SMFIR_CONTINUE, "a chunk of the body is answered")
    said(mt.eom(conn), "eom")
    return mt.getreply(conn)
end

local conn = mt.connect(socket)
check(conn ~= nil, "nobody listens at " .. socket)
said(mt.conninfo(conn, "mx.example", "192.0.2.1"), "conninfo")
said(mt.helo(conn, "helo.example"), "helo")
said(mt.macro(conn, SMFIC_MAIL, "i", "4ABC"), "macro")

for _, option in ipairs({SMFIP_NR_HELO, SMFIP_NR_MAIL, SMFIP_NR_RCPT, SMFIP_NR_HDR, SMFIP_NR_EOH}) do
    check(mt.test_option(conn, option), "no answer is agreed on for step " .. option)
end

check(message(conn, "accept") == SMFIR_ACCEPT, "accept")
check(message(conn, "reject") == SMFIR_REPLYCODE, "reject")
check(mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "100%% refused"), "the reply to reject")
check(message(conn, "defer") == SMFIR_REPLYCODE, "defer")
check(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.7.1", "come again"), "the reply to defer")
check(message(conn, "discard") == SMFIR_DISCARD, "discard")
check(message(conn, "fail") == SMFIR_REPLYCODE, "an exception")
check(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.3.0", "local error"), "an exception is 451")

check(message(conn, "fields") == SMFIR_ACCEPT, "fields")
check(mt.eom_check(conn, MT_HDRINSERT, "X-Pratique"), "a field in front")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Pratique"), "a forgery is taken away")
check(mt.eom_check(conn, MT_HDRDELETE, "x-pratique"), "another one too")
check(not mt.eom_check(conn, MT_HDRDELETE, "Subject"), "and nothing else")

check(message(conn, "without") == SMFIR_ACCEPT, "without")
check(mt.eom_check(conn, MT_RCPTDELETE, "<two@corp.example>"), "a recipient is taken away")
check(message(conn, "tagged") == SMFIR_ACCEPT, "tagged")
check(mt.eom_check(conn, MT_RCPTDELETE, "<tagged@corp.example>"), "the tagged one goes")
check(mt.eom_check(conn, MT_RCPTADD, "<also@corp.example>"), "a plain one comes")
check(message(conn, "empty") == SMFIR_ACCEPT, "empty")
check(mt.eom_check(conn, MT_BODYCHANGE), "the body is replaced")
check(message(conn, "hold") == SMFIR_ACCEPT, "hold")
check(mt.eom_check(conn, MT_QUARANTINE, "a program, 100% ?"), "the message is held")

said(mt.mailfrom(conn, "<gone@sender.example>"), "mailfrom")
said(mt.abort(conn), "abort")
check(message(conn, "accept") == SMFIR_ACCEPT, "a message after an abort")
said(mt.disconnect(conn), "disconnect")

-- Two that vanish: before anything is said, and in the middle.
conn = mt.connect(socket)
mt.disconnect(conn, false)
conn = mt.connect(socket)
said(mt.conninfo(conn, nil, "unspec"), "unspec")
said(mt.mailfrom(conn, "<a@sender.example>"), "mailfrom")
said(mt.rcptto(conn, "<accept@corp.example>"), "rcptto")
mt.disconnect(conn, false)
