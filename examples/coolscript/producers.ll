; Many producers and one consumer over one channel, as a Coolscript compiler emits it:
;
;     fn produce(readings: Sender, id: Int):
;         for n in 0..500: readings.send(Reading(id, n))
;                                          # the end of scope drops the sender
;     fn main():
;         let readings = channel(32)
;         for id in 0..16: spawn produce(readings.sender(), id)
;         readings.drop_sender()
;         let count, sum = 0, 0
;         for r in readings: count += 1; sum += r.id * r.n
;         print(f"producers: {count} readings, {sum} in all\n")
;
; Elements are copied: here 16 bytes each, without an allocation.
;
; `ptr` is LLVM's opaque pointer (15 and later), where the runtime's document writes i8*. cs_string_t
; goes as its two members: so C passes a structure of a pointer and an int64_t on x86-64 and AArch64.

%reading = type { i64, i64 }               ; who, and which
%producer = type { ptr, i64 }              ; where to, and who

@line = private constant [39 x i8] c"producers: %lld readings, %lld in all\0A\00"

declare ptr @cs_alloc(i64)
declare void @cs_free(ptr)
declare void @cs_spawn(ptr, ptr)
declare ptr @cs_chan_create(i64, i64)
declare void @cs_chan_send(ptr, ptr)
declare i32 @cs_chan_receive(ptr, ptr)
declare void @cs_chan_clone_sender(ptr)
declare void @cs_chan_drop_sender(ptr)
declare void @cs_chan_destroy(ptr)
declare void @cs_print_str(ptr, i64)
declare i32 @snprintf(ptr, i64, ptr, ...)

define internal void @produce(ptr %data) {
entry:
  %reading = alloca %reading
  %readings = load ptr, ptr %data
  %at_id = getelementptr %producer, ptr %data, i32 0, i32 1
  %id = load i64, ptr %at_id
  call void @cs_free(ptr %data)
  %at_number = getelementptr %reading, ptr %reading, i32 0, i32 1
  br label %sending

sending:
  %n = phi i64 [ 0, %entry ], [ %next, %sending ]
  store i64 %id, ptr %reading
  store i64 %n, ptr %at_number
  call void @cs_chan_send(ptr %readings, ptr %reading)
  %next = add i64 %n, 1
  %last = icmp eq i64 %next, 500
  br i1 %last, label %end, label %sending

end:
  call void @cs_chan_drop_sender(ptr %readings)
  ret void
}

define i32 @main() {
entry:
  %reading = alloca %reading
  %text = alloca [96 x i8]
  %readings = call ptr @cs_chan_create(i64 32, i64 16)
  br label %spawning

spawning:
  %id = phi i64 [ 0, %entry ], [ %next, %spawning ]
  %producer = call ptr @cs_alloc(i64 16)
  store ptr %readings, ptr %producer
  %at_id = getelementptr %producer, ptr %producer, i32 0, i32 1
  store i64 %id, ptr %at_id
  call void @cs_chan_clone_sender(ptr %readings)
  call void @cs_spawn(ptr @produce, ptr %producer)
  %next = add i64 %id, 1
  %all_out = icmp eq i64 %next, 16
  br i1 %all_out, label %out, label %spawning

out:
  ; main's own sender: with the producers' dropped as well, the channel closes.
  call void @cs_chan_drop_sender(ptr %readings)
  br label %receiving

receiving:
  %count = phi i64 [ 0, %out ], [ %one_more, %received ]
  %sum = phi i64 [ 0, %out ], [ %with_reading, %received ]
  %more = call i32 @cs_chan_receive(ptr %readings, ptr %reading)
  %open = icmp ne i32 %more, 0
  br i1 %open, label %received, label %end

received:
  %from = load i64, ptr %reading
  %at_number = getelementptr %reading, ptr %reading, i32 0, i32 1
  %number = load i64, ptr %at_number
  %product = mul i64 %from, %number
  %with_reading = add i64 %sum, %product
  %one_more = add i64 %count, 1
  br label %receiving

end:
  call void @cs_chan_destroy(ptr %readings)
  %size = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %text, i64 96, ptr @line, i64 %count, i64 %sum)
  %length = sext i32 %size to i64
  call void @cs_print_str(ptr %text, i64 %length)
  ret i32 0
}
